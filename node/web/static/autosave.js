// What is typed into a form is kept as it is typed; a line says so. Without this, a button does it.
"use strict";
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const line = form.querySelector("[data-kept]");
  let timer = 0, before = "";
  const typed = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  const say = (text) => { if (line) line.textContent = text; };
  const keep = async (leaving) => {
    clearTimeout(timer);
    const body = typed();
    if (String(body) === before) return;
    before = String(body);
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body, keepalive: leaving, redirect: "error" });
      await answer.text();
      if (!answer.ok) throw new Error(String(answer.status));
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      say(line ? line.dataset.kept.replace("{time}", time) : "");
    } catch {
      before = "";
      say(line ? line.dataset.lost : "");
    }
  };
  before = String(typed());
  const later = () => { clearTimeout(timer); timer = setTimeout(keep, 1500, false); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => { clearTimeout(timer); before = String(typed()); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(true); });
}
