// The grants explorer: filters, sums, a list and exports over data that were written at build; their form is told in
// pipelines/site/explorer.py. Loaded on its own page only. Words come from the form's data attributes and its options.
(() => {
  "use strict";
  const at = (name) => document.getElementById(name ? `exp-${name}` : "explorer");
  const form = at("");
  if (!form) return;
  const words = JSON.parse(form.dataset.words);
  const language = document.documentElement.lang || "fi";
  const SHOWN = 25;
  const KEYS = {
    text: "haku", year: "vuosi", type: "laji", theme: "kokonaisuus", class: "luokka", area: "alue",
    employment: "tyo", order: "jarjestys",
  };
  const CHOICES = ["year", "type", "theme", "class", "area"];
  let format = null; // made when the first number is shown: it takes as long as all else before the form can be used
  const figure = (value) => {
    format ??= new Intl.NumberFormat(language === "en" ? "en-GB" : language === "sv" ? "sv-FI" : "fi-FI");
    return format.format(value);
  };
  const euros = (value) => `${figure(value)}\u00a0€`;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  // Data: each file hands its content to lukuinaData.
  const stored = new Map();
  const asked = new Map();
  window.lukuinaData = (name, value) => stored.set(name, value);
  const load = (name) => {
    if (!asked.has(name)) {
      asked.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `${form.dataset.base}${name}.js?v=${form.dataset.version}`;
        script.onload = () => resolve(stored.get(name));
        script.onerror = () => {
          asked.delete(name);
          reject(new Error(name));
        };
        document.head.append(script);
      }));
    }
    return asked.get(name);
  };
  const loadAll = async (names) => {
    const left = [...names];
    const work = async () => {
      while (left.length) await load(left.pop());
    };
    await Promise.all(Array.from({ length: 6 }, work));
  };

  // Rows
  let core = null;
  const rows = {};
  const letters = (text) => {
    const made = new Int8Array(text.length);
    for (let n = 0; n < made.length; n += 1) made[n] = text.charCodeAt(n) - 48;
    return made;
  };
  const numbers = (text) => {
    const base = core.digits.length / 2;
    const digits = new Uint8Array(128);
    for (let n = 0; n < 2 * base; n += 1) digits[core.digits.charCodeAt(n)] = n;
    const made = [];
    let value = 0;
    for (let n = 0; n < text.length; n += 1) {
      const digit = digits[text.charCodeAt(n)];
      if (digit < base) value = value * base + digit;
      else {
        made.push(value * base + digit - base);
        value = 0;
      }
    }
    return made;
  };
  const money = (name, before) =>
    numbers(core[name]).map((value, row) => (value > 1 ? value - 2 : value || !before ? null : before[row]));
  const unpack = () => {
    rows.organisation = numbers(core.organisation);
    const count = rows.organisation.length;
    rows.year = new Int16Array(count);
    let n = 0;
    for (const [year, many] of core.years) {
      rows.year.fill(year, n, n + many);
      n += many;
    }
    for (const name of ["type", "theme", "class", "employment"]) rows[name] = letters(core[name]);
    rows.granted = money("granted", null);
    rows.proposed = money("proposed", rows.granted);
    rows.applied = money("applied", rows.proposed);
    rows.scope = numbers(core.scope);
    let texts = 0;
    rows.purpose = numbers(core.purpose).map((step) => (step ? texts - step : texts++));
    core.texts = texts;
    core.placesOf = [];
    const listed = numbers(core.scopes);
    for (let at = 0; at < listed.length; at += listed[at] + 1) {
      core.placesOf.push(listed.slice(at + 1, at + 1 + listed[at]));
    }
    core.areasOf = core.placesOf.map((places) => places.map((place) => core.places[place][1]));
  };
  const numberOf = (row) => {
    rows.number ??= numbers(core.number);
    return rows.number[row] ? rows.number[row] - 1 : null;
  };
  const text = (row) => stored.get(`p${rows.purpose[row] >> 4}`)[rows.purpose[row] & 15];
  const withTexts = (chosen) => loadAll(new Set(chosen.map((row) => `p${rows.purpose[row] >> 4}`)));

  // What part of a target's euros is aimed at an area: whole euros, those left over go to the first places.
  const share = (row, area, value) => {
    if (area < 0 || value === null) return value;
    const areas = core.areasOf[rows.scope[row]];
    const [each, over] = [Math.floor(value / areas.length), value % areas.length];
    let part = 0;
    areas.forEach((one, place) => (part += one === area ? each + (place < over ? 1 : 0) : 0));
    return part;
  };

  // Words: all forms of a word (its family) and words that begin with it or with its family (compounds); of an unknown
  // form, the longest known family that it begins with.
  const TOKEN = /[a-zà-öø-ÿšž0-9]+/g;
  const shardOf = (token) => {
    let n = -1;
    const first = token.slice(0, 3);
    while (n + 1 < core.shards.length && core.shards[n + 1] <= first) n += 1;
    return n < 0 ? "" : `w${n}`;
  };
  const entriesOf = (token) => {
    const found = (stored.get(shardOf(token)) ?? []).map(([family, forms, steps]) => [family, forms.split(" "), steps]);
    const families = new Set(found.filter(([, forms]) => forms.includes(token)).map(([family]) => family));
    const starts = [token, ...families].filter((start) => start.length > (start === token ? 2 : 4));
    const hits = found.filter(
      ([family, forms]) => families.has(family) || forms.some((form) => starts.some((start) => form.startsWith(start))),
    );
    if (hits.length) return hits;
    const known = found.filter(([family]) => family.length > 3 && token.startsWith(family));
    const longest = Math.max(...known.map(([family]) => family.length));
    return known.filter(([family]) => family.length === longest);
  };
  const textsWith = (token) => {
    const marked = new Uint8Array(core.texts);
    for (const [, , steps] of entriesOf(token)) {
      if (steps === 0) return null; // nearly every purpose has it
      let n = 0;
      for (const step of steps) marked[(n += step)] = 1;
    }
    return marked;
  };

  // What is asked
  const state = { page: 1, one: "" };
  const asking = () => {
    const wanted = Object.fromEntries(Object.keys(KEYS).map((name) => [name, form.elements[name].value.trim()]));
    wanted.employment = form.elements.employment.checked ? "1" : "";
    return wanted;
  };
  const address = (wanted) => {
    const given = new URLSearchParams();
    for (const [name, key] of Object.entries(KEYS)) if (wanted[name]) given.set(key, wanted[name]);
    if (state.one) given.set("jarjesto", state.one);
    if (state.page > 1) given.set("sivu", state.page);
    return given.toString();
  };
  const readAddress = () => {
    const given = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    for (const [name, key] of Object.entries(KEYS)) {
      const value = given.get(key) ?? "";
      if (name === "employment") form.elements.employment.checked = value !== "";
      else form.elements[name].value = value;
    }
    for (const name of CHOICES) if (form.elements[name].selectedIndex < 0) form.elements[name].value = "";
    if (form.elements.order.selectedIndex < 0) form.elements.order.value = "";
    state.one = given.get("jarjesto") ?? "";
    state.page = Math.max(1, parseInt(given.get("sivu") ?? "1", 10) || 1);
  };
  const writeAddress = (wanted) => {
    const hash = address(wanted);
    try {
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch {
      // an address that may not be changed: the page works without
    }
    for (const link of document.querySelectorAll(".languages a")) {
      link.href = link.href.split("#")[0] + (hash ? `#${hash}` : "");
    }
  };

  const select = (wanted) => {
    const tokens = wanted.text.toLowerCase().match(TOKEN) ?? [];
    if (tokens.length) core.names ??= core.organisations.map(([, name]) => name.toLowerCase());
    const tests = tokens.map((token) => {
      const named = core.names.map((name) => name.includes(token));
      const number = /^[0-9]+$/.test(token); // purposes are searched by words: what only a number could find is told
      return [named, number && !named.includes(true) ? null : textsWith(token), number];
    });
    const [type, theme, kind] = [
      core.type_names.indexOf(wanted.type), core.theme_names.indexOf(wanted.theme),
      core.class_names.indexOf(wanted.class),
    ];
    const area = wanted.area ? core.area.indexOf(wanted.area) : -1;
    const year = Number(wanted.year);
    const chosen = [];
    for (let row = 0; row < rows.year.length; row += 1) {
      if (year && rows.year[row] !== year) continue;
      if (wanted.type && rows.type[row] !== type) continue;
      if (wanted.theme && rows.theme[row] !== theme) continue;
      if (wanted.class && rows.class[row] !== kind) continue;
      if (wanted.employment && !rows.employment[row]) continue;
      if (wanted.area && !core.areasOf[rows.scope[row]].includes(area)) continue;
      const owner = rows.organisation[row];
      if (state.one && core.organisations[owner][0] !== state.one) continue;
      if (tests.every(([named, marked]) => named[owner] || !marked || marked[rows.purpose[row]])) chosen.push(row);
    }
    const weight = (row) => rows.granted[row] ?? rows.proposed[row] ?? -1;
    if (wanted.order === "amount") chosen.sort((a, b) => weight(b) - weight(a) || a - b);
    const ignored = (number) => tokens.filter((_, n) => !tests[n][1] && tests[n][2] === number);
    return { chosen, area, common: ignored(false), numbers: ignored(true) };
  };

  // What is shown
  const make = (name, className, content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (content) element.textContent = content;
    return element;
  };
  const choices = {};
  const option = (name, value) => {
    choices[name] ??= new Map([...form.elements[name].options].map((one) => [one.value, one.textContent]));
    return (value && choices[name].get(value)) || "";
  };
  const outcome = (row) => {
    const [granted, proposed] = [rows.granted[row], rows.proposed[row]];
    if (granted === 0) return words.refused;
    if (granted !== null) return `${words.granted} ${euros(granted)}`;
    return proposed === null ? words.undecided : `${words.proposed} ${euros(proposed)}`;
  };
  const placesOf = (row) => core.placesOf[rows.scope[row]].map((place) => core.places[place][0]).filter(Boolean);
  const SWEDISH = /(?:^|\s)(?:och|för|att|som|med|av|till)(?=\s)/gi;
  const item = (row) => {
    const [id, name] = core.organisations[rows.organisation[row]];
    const element = make("li", "");
    const head = make("p", "exp-who");
    if (id && form.dataset.page) {
      const link = make("a", "", name);
      link.href = `${form.dataset.page}/${id}/index.html`;
      head.append(link);
    } else head.textContent = name;
    const places = placesOf(row);
    const few = places.slice(0, 5).join(", ");
    const kind = [core.type_names[rows.type[row]], numberOf(row)].filter((part) => part ?? false);
    const facts = [
      String(rows.year[row]), kind.join(" "), option("class", core.class_names[rows.class[row]]),
      option("theme", core.theme_names[rows.theme[row]]),
      places.length > 5 ? fill(words.more_places, { places: few, count: places.length - 5 }) : few,
    ];
    const money = make("p", "exp-money");
    money.append(make("strong", "", outcome(row)));
    if (rows.applied[row] !== null) money.append(` ${words.applied} ${euros(rows.applied[row])}`);
    const purpose = make("p", "exp-purpose", text(row));
    purpose.lang = (purpose.textContent.match(SWEDISH) ?? []).length > 1 ? "sv" : "fi"; // whose voice reads it aloud
    element.append(head, money, make("p", "exp-facts", facts.filter(Boolean).join(" · ")), purpose);
    return element;
  };

  const sums = ({ chosen, area }) => {
    const told = { granted: 0, applied: 0, proposed: 0, targets: chosen.length, applicants: 0 };
    const owners = new Uint8Array(core.organisations.length);
    for (const row of chosen) {
      const granted = rows.granted[row];
      told.granted += share(row, area, granted) ?? 0;
      told.applied += share(row, area, rows.applied[row]) ?? 0;
      if (granted === null) told.proposed += share(row, area, rows.proposed[row]) ?? 0;
      const owner = rows.organisation[row];
      told.applicants += 1 - owners[owner];
      owners[owner] = 1;
    }
    return told;
  };

  let current = { chosen: [], area: -1, common: [], numbers: [] };
  let turn = 0;
  const say = (message) => (at("message").textContent = message);

  const show = async (mine) => {
    const { chosen, area, common, numbers } = current;
    const pages = Math.max(1, Math.ceil(chosen.length / SHOWN));
    state.page = Math.min(state.page, pages);
    const told = sums(current);
    for (const name of ["granted", "applied", "proposed"]) at(name).textContent = euros(told[name]);
    for (const name of ["targets", "applicants"]) at(name).textContent = figure(told[name]);
    at("sums").hidden = !chosen.length;
    say(chosen.length ? "" : words.nothing);
    at("share").hidden = area < 0 || !chosen.length;
    at("common").hidden = !(common.length || numbers.length);
    const ignored = [[common, words.too_common], [numbers, words.no_numbers]].filter(([listed]) => listed.length);
    at("common").textContent = ignored.map(([listed, told]) => fill(told, { words: listed.join(", ") })).join(" ");
    at("pager").hidden = pages < 2;
    at("page").textContent = fill(words.page, { page: figure(state.page), pages: figure(pages) });
    at("before").disabled = state.page <= 1;
    at("after").disabled = state.page >= pages;
    at("csv").disabled = at("json").disabled = !chosen.length;
    const visible = chosen.slice((state.page - 1) * SHOWN, state.page * SHOWN);
    await withTexts(visible);
    if (mine !== turn) return;
    at("list").start = (state.page - 1) * SHOWN + 1;
    at("list").replaceChildren(...visible.map(item));
  };

  const update = async (keepPage) => {
    const mine = ++turn;
    if (!keepPage) state.page = 1;
    if (!core) return;
    form.dataset.state = "working";
    const wanted = asking();
    const tokens = wanted.text.toLowerCase().match(TOKEN) ?? [];
    const one = state.one && core.organisations.find(([id]) => id === state.one);
    if (!one) state.one = "";
    at("one").hidden = !one;
    at("one-name").textContent = one ? one[1] : "";
    try {
      const shards = [...new Set(tokens.map(shardOf))].filter(Boolean);
      if (shards.some((name) => !stored.has(name))) say(words.loading);
      await loadAll(shards);
      if (mine !== turn) return;
      current = select(wanted);
      await show(mine);
      if (mine !== turn) return;
      writeAddress(wanted);
      form.dataset.state = "ready";
    } catch {
      if (mine === turn) say(words.failed);
    }
  };

  // Export, for spreadsheets: semicolons and a mark of UTF-8, so that Excel opens it right; a text that a spreadsheet
  // would run as a formula gets an apostrophe in front. What the columns mean is in the file of its own (CSVW).
  const COLUMNS = {
    year: "integer", organisation: "string", organisation_id: "string", grant_type: "string", grant_number: "integer",
    purpose: "string", theme: "string", organisation_class: "string", scope: "string", applied_eur: "integer",
    proposed_eur: "integer", granted_eur: "integer", employment_class: "boolean", employment_keyword: "boolean",
    employment_keyword_sv: "boolean",
  };
  const SHARES = ["area_applied_eur", "area_proposed_eur", "area_granted_eur"];
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value !== "string") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const record = (row, area) => {
    const [id, name] = core.organisations[rows.organisation[row]];
    const money = [rows.applied[row], rows.proposed[row], rows.granted[row]];
    return [
      rows.year[row], name, id, core.type_names[rows.type[row]], numberOf(row), text(row),
      core.theme_names[rows.theme[row]], core.class_names[rows.class[row]], placesOf(row).join(", "), ...money,
      ...[1, 2, 4].map((bit) => (rows.employment[row] & bit) > 0),
      ...(area < 0 ? [] : money.map((value) => share(row, area, value))),
    ];
  };
  const columns = (area) => [...Object.keys(COLUMNS), ...(area < 0 ? [] : SHARES)];
  const fileName = () => `stea-avustukset-valinta-${core.published_on}.csv`;
  const hand = (name, type, content) => {
    const link = make("a", "");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    at("exported").textContent = fill(words.ready, { name });
  };
  const exportCsv = async () => {
    const { chosen, area } = current;
    at("exported").textContent = words.exporting;
    try {
      await withTexts(chosen);
    } catch {
      at("exported").textContent = words.failed;
      return;
    }
    const lines = [columns(area), ...chosen.map((row) => record(row, area))].map((row) => row.map(cell).join(";"));
    hand(fileName(), "text/csv;charset=utf-8", `\ufeff${lines.join("\r\n")}\r\n`);
  };
  const exportMetadata = () => {
    const { chosen, area } = current;
    const wanted = asking();
    const told = {
      "@context": "http://www.w3.org/ns/csvw",
      url: fileName(),
      "dc:publisher": "STEA",
      "dc:date": core.published_on,
      "dc:source": location.href,
      "dc:identifier": `${core.edition} sha256:${core.snapshot_sha256}`,
      notes: [
        { text: words.notes },
        { filters: { ...asking(), organisation_id: state.one }, rows: chosen.length, sums: sums(current) },
      ],
      dialect: { delimiter: ";", header: true, encoding: "utf-8" },
      tableSchema: { columns: columns(area).map((name) => ({ name, datatype: COLUMNS[name] ?? "integer" })) },
    };
    hand(`${fileName()}-metadata.json`, "application/json", `${JSON.stringify(told, null, 1)}\n`);
  };

  const turnPage = async (by) => {
    state.page += by;
    await update(true);
    at("heading").focus();
  };
  let typing = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    update(false);
  });
  form.addEventListener("input", (event) => {
    clearTimeout(typing);
    form.dataset.state = "working";
    typing = setTimeout(() => update(false), event.target.name === "text" ? 250 : 0);
  });
  form.addEventListener("reset", () => {
    state.one = "";
    form.dataset.state = "working";
    setTimeout(() => update(false), 0);
  });
  at("one-off").addEventListener("click", () => {
    state.one = "";
    update(false);
    form.elements.text.focus();
  });
  at("before").addEventListener("click", () => turnPage(-1));
  at("after").addEventListener("click", () => turnPage(1));
  at("csv").addEventListener("click", exportCsv);
  at("json").addEventListener("click", exportMetadata);
  window.addEventListener("hashchange", () => {
    if (location.hash !== "" && !location.hash.includes("=")) return;
    readAddress();
    update(true);
  });

  // For whoever waits: data-state is "ready" when what is asked is shown. The form can be used at once; what was chosen before the data came holds when they come.
  readAddress();
  at("off").hidden = true;
  form.hidden = false;
  at("results").hidden = false;
  at("sums").hidden = true;
  say(words.loading);
  load("core").then(
    (loaded) => {
      core = loaded;
      unpack();
      return update(true);
    },
    () => say(words.failed),
  );
})();
