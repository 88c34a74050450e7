// What is on its way is looked at again, less and less often, until it has arrived. Without this, a button does it.
"use strict";
(() => {
  let wait = 1500;
  async function look() {
    const part = document.querySelector("[data-live]");
    if (!part || document.hidden || part.contains(document.activeElement)) return part && setTimeout(look, wait);
    try {
      const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const read = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (read) part.replaceWith(read);
    } catch {
      // no connection: tried again
    }
    wait = Math.min(wait * 1.3, 20000);
    setTimeout(look, wait);
  }
  setTimeout(look, wait);
})();
