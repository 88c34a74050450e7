// While a commune is typed, what may be meant is offered; while a name is typed, the short name follows it.
for (const box of document.querySelectorAll("input[data-communes]")) {
  const list = document.getElementById(box.getAttribute("list"));
  let last = "", timer = 0;
  const ask = async () => {
    const typed = box.value.trim();
    if (typed.length < 2 || typed === last) return;
    last = typed;
    const address = box.dataset.communes + "?q=" + encodeURIComponent(typed);
    const answer = await fetch(address).catch(() => null);
    if (!answer || !answer.ok || box.value.trim() !== typed) return;
    const options = (await answer.json()).map((text) => {
      const option = document.createElement("option");
      option.value = text;
      return option;
    });
    list.replaceChildren(...options);
  };
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 200); });
}
