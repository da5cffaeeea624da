// Event records: filters the table, unfolds a number's sentences; map and timeline set the filter.
const wanted = document.querySelector("#records-filter");
if (wanted) {
  const events = [...document.querySelectorAll("tbody.event")];
  const text = (event, part) => [...event.querySelectorAll(part)].map((cell) => cell.textContent).join(" ").toLowerCase();
  const places = new Map(events.map((event) => [event, text(event, ".place")]));
  const parties = new Map(events.map((event) => [event, text(event, ".party")]));
  const apply = () => {
    const { type, place, party, from, to, conflict } = wanted.elements;
    const where = place.value.trim().toLowerCase(), who = party.value.trim().toLowerCase();
    let shown = 0;
    for (const event of events) {
      const { type: kind, from: start, to: end, conflict: disputed } = event.dataset;
      const fits = (!type.value || kind === type.value)
        && (!where || places.get(event).includes(where))
        && (!who || parties.get(event).includes(who))
        && (!from.value || (start && (end || start) >= from.value))
        && (!to.value || (start && start <= to.value))
        && (!conflict.checked || disputed);
      event.hidden = !fits;
      shown += fits;
    }
    wanted.querySelector("output").textContent = `${shown} of ${events.length} events shown`;
  };
  wanted.addEventListener("input", apply);
  wanted.addEventListener("reset", () => setTimeout(apply));
  wanted.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("#records").addEventListener("click", (click) => {
    const link = click.target.closest("a[data-place], a[data-from]");
    if (link) {
      wanted.reset();
      for (const name of ["place", "from", "to"]) wanted.elements[name].value = link.dataset[name] || "";
      apply();
    }
    const button = click.target.closest("button.number");
    if (button) {
      const row = document.getElementById(button.getAttribute("aria-controls"));
      row.hidden = !row.hidden;
      button.setAttribute("aria-expanded", String(!row.hidden));
    }
  });
  for (const row of document.querySelectorAll("tr.evidence")) row.hidden = true;
  wanted.hidden = false;
  apply();
}
