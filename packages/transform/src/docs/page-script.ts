/** Search, and what a table of the lineage needs and what needs it. The page is whole without it. */
export const pageScript = `
(() => {
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const articles = [...document.querySelectorAll("article[data-search]")];
  const links = new Map([...document.querySelectorAll("nav li[data-for]")].map((li) => [li.dataset.for, li]));
  const nodes = new Map([...document.querySelectorAll(".lineage .node")].map((node) => [node.dataset.id, node]));
  const edges = [...document.querySelectorAll(".lineage path")];

  const filter = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const article of articles) {
      const hit = words.every((word) => article.dataset.search.includes(word));
      article.hidden = !hit;
      const link = links.get(article.id);
      if (link) link.hidden = !hit;
      nodes.get(article.id)?.classList.toggle("is-missed", !hit);
      if (hit) shown++;
    }
    for (const section of document.querySelectorAll("section.layer"))
      section.hidden = !section.querySelector("article:not([hidden])");
    for (const list of document.querySelectorAll("nav ul")) {
      const none = !list.querySelector("li:not([hidden])");
      list.hidden = none;
      list.previousElementSibling.hidden = none;
    }
    for (const section of document.querySelectorAll("#overview, #troubles, #freshness")) section.hidden = words.length > 0;
    found.textContent = words.length ? shown + (shown === 1 ? " table" : " tables") : "";
  };
  search.addEventListener("input", filter);
  filter();
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.hidden) return;
    search.value = "";
    filter();
    target.scrollIntoView();
  });

  const reach = (id, from, to) => {
    const seen = new Set([id]);
    for (const at of seen) for (const edge of edges) if (edge.dataset[from] === at) seen.add(edge.dataset[to]);
    return seen;
  };
  const light = (id) => {
    const [up, down] = id ? [reach(id, "to", "from"), reach(id, "from", "to")] : [];
    for (const [other, node] of nodes) {
      node.classList.toggle("is-lit", Boolean(id) && (up.has(other) || down.has(other)));
      node.classList.toggle("is-off", Boolean(id) && !up.has(other) && !down.has(other));
    }
    for (const edge of edges) {
      const { from, to } = edge.dataset;
      const on = Boolean(id) && ((up.has(from) && up.has(to)) || (down.has(from) && down.has(to)));
      edge.classList.toggle("is-lit", on);
      edge.classList.toggle("is-off", Boolean(id) && !on);
    }
  };
  for (const [id, node] of nodes) {
    for (const event of ["mouseenter", "focus"]) node.addEventListener(event, () => light(id));
    for (const event of ["mouseleave", "blur"]) node.addEventListener(event, () => light());
  }
  if (window.matchMedia("(max-width: 56rem)").matches) document.getElementById("index").open = false;
})();
`;
