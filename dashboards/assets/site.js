// What a page gains with JavaScript: copying, sorting and filtering of tables, values of lines under the pointer.
// All that it shows is already there as text. Its words come from the script element's data attributes.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const language = document.documentElement.lang || "fi";
  const make = (name, className, text) => {
    const element = document.createElement(name);
    element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  // Copying: the text that is there, as plain text and, where it has links, as rich text.
  const plain = (source) =>
    source.tagName === "PRE" ? source.textContent.trim() : source.textContent.replace(/[ \t\r\n]+/g, " ").trim();

  const rich = (source) => {
    const copy = source.cloneNode(true);
    copy.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"));
    copy.querySelectorAll("a").forEach((link) => {
      if (link.protocol.startsWith("http")) link.setAttribute("href", link.href);
      else link.replaceWith(...link.childNodes);
    });
    return copy.querySelector("p")?.outerHTML ?? copy.innerHTML;
  };

  const copyByEvent = (text, html) => {
    const put = (event) => {
      event.preventDefault();
      event.clipboardData.setData("text/plain", text);
      if (html) event.clipboardData.setData("text/html", html);
    };
    document.addEventListener("copy", put);
    const done = document.execCommand("copy");
    document.removeEventListener("copy", put);
    return done;
  };

  const copy = async (text, html) => {
    try {
      const parts = { "text/plain": new Blob([text], { type: "text/plain" }) };
      if (html) parts["text/html"] = new Blob([html], { type: "text/html" });
      await navigator.clipboard.write([new ClipboardItem(parts)]);
      return true;
    } catch {
      return copyByEvent(text, html);
    }
  };

  const addCopy = (source, n) => {
    const button = make("button", "copy", words.copy);
    const told = make("span", "told");
    const [text, html] = [plain(source), source.querySelector("a") ? rich(source) : ""];
    button.type = "button";
    told.setAttribute("role", "status");
    source.id ||= `copy-${n}`;
    button.setAttribute("aria-describedby", source.id);
    button.addEventListener("click", async () => {
      told.textContent = (await copy(text, html)) ? words.copied : "";
      setTimeout(() => (told.textContent = ""), 4000);
    });
    const row = make("span", "copying");
    row.append(button, told);
    if (source.tagName === "DD") source.append(" ", row);
    else source.after(row);
  };

  // Sorting: numbers and days by value, words in the order of the page's language; what is missing comes last.
  const collator = new Intl.Collator(language, { numeric: true });
  const cellText = (row, column) => {
    const cell = row.cells[column];
    return cell.querySelector("[aria-hidden]") ? "" : cell.textContent.trim();
  };
  const dayOf = (text) => {
    const found = /^(\d{1,2})\.(\d{1,2})\.(\d{4})/.exec(text);
    return found ? Number(found[3]) * 1e4 + Number(found[2]) * 100 + Number(found[1]) : NaN;
  };
  const numberOf = (text) => {
    const found = /[-−]?\d[\d\s.,\u00a0\u202f]*/.exec(text);
    if (!found) return NaN;
    const digits = found[0].replace(/[\s\u00a0\u202f]/g, "").replace("−", "-");
    return Number(language === "en" ? digits.replaceAll(",", "") : digits.replaceAll(".", "").replace(",", "."));
  };

  const keyOf = (texts, numeric) => {
    const known = texts.filter(Boolean);
    if (known.length && known.every((text) => !Number.isNaN(dayOf(text)))) return dayOf;
    return numeric && known.every((text) => !Number.isNaN(numberOf(text))) ? numberOf : null;
  };

  const sort = (table, column, falling) => {
    const body = table.tBodies[0];
    const texts = new Map([...body.rows].map((row) => [row, cellText(row, column)]));
    const key = keyOf([...texts.values()], table.tHead.rows[0].cells[column].classList.contains("n"));
    const compare = (a, b) => (key ? key(a) - key(b) : collator.compare(a, b));
    const rows = [...body.rows].sort((a, b) => {
      const [first, second] = [texts.get(a), texts.get(b)];
      if (!first || !second) return Boolean(second) - Boolean(first);
      return falling ? compare(second, first) : compare(first, second);
    });
    body.append(...rows);
  };

  const addSorting = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", "sort");
      button.type = "button";
      button.title = words.sort;
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const falling = before ? before === "ascending" : head.classList.contains("n");
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        sort(table, column, falling);
      });
    });
  };

  // Filtering: rows that hold every word that was typed.
  const addFilter = (table) => {
    const label = make("label", "filter", words.filter);
    const field = make("input", "");
    const told = make("span", "told");
    field.type = "search";
    told.setAttribute("role", "status");
    label.append(" ", field);
    field.addEventListener("input", () => {
      const wanted = field.value.toLocaleLowerCase(language).split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLocaleLowerCase(language);
        row.hidden = !wanted.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      told.textContent = wanted.length ? `${shown} ${words.rows}` : "";
    });
    const row = make("p", "filtering");
    row.append(label, " ", told);
    table.closest(".scroll").before(row);
  };

  // Lines: the row of the table beside the picture that is nearest to the pointer.
  const addTip = (figure) => {
    const chart = figure.querySelector(".chart");
    const table = figure.querySelector("table");
    const lines = chart && table ? chart.querySelectorAll("g[class^=line-s] line, circle") : [];
    const places = new Set();
    for (const line of lines) {
      for (const name of ["x1", "x2", "cx"]) if (line.hasAttribute(name)) places.add(parseFloat(line.getAttribute(name)));
    }
    const rows = [...(table?.tBodies[0].rows ?? [])];
    const xs = [...places].sort((a, b) => a - b);
    if (xs.length < 2 || xs.length !== rows.length) return;
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const tip = make("p", "tip");
    tip.hidden = true;
    tip.setAttribute("aria-hidden", "true");
    chart.after(tip);
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width) * 100;
      const n = xs.reduce((best, x, i) => (Math.abs(x - at) < Math.abs(xs[best] - at) ? i : best), 0);
      const texts = heads.map((_, column) => cellText(rows[n], column));
      tip.textContent = `${texts[0]}: ${heads.slice(1).map((head, i) => `${head} ${texts[i + 1] || "–"}`).join(", ")}`;
      tip.hidden = false;
    });
    chart.addEventListener("pointerleave", () => (tip.hidden = true));
  };

  document
    .querySelectorAll("[data-copy]:not(script), :not([data-copy]) > blockquote, dd.quote")
    .forEach(addCopy);
  document.querySelectorAll(".scroll table").forEach((table) => {
    const rows = table.tBodies[0]?.rows ?? [];
    if (!table.tHead || rows.length < 3 || table.querySelector("[rowspan], [colspan]")) return;
    if (rows.length > 12) addFilter(table);
    addSorting(table);
  });
  document.querySelectorAll("figure.picture").forEach(addTip);
})();
