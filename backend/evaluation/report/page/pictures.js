/* Sorts the pictures anew, worst first, and shows a layer at its own size. */
{
  const figureMenu = document.getElementById("worst-figure");
  const methodMenu = document.getElementById("worst-method");
  const asRatio = document.getElementById("worst-ratio");
  const list = document.getElementById("list");
  const ranked = Object.values(data.pictures).flatMap((picture) => Object.values(picture.figures));
  const figures = [...new Set(ranked.flatMap((row) => Object.keys(row)))];

  function valueOf(number, method, figure) {
    const value = (data.pictures[number].figures[method] || {})[figure];
    return value === undefined ? null : value;
  }

  /* Larger is worse; a picture that a method has no figure of comes first. */
  function badness(number) {
    const [method, figure] = [methodMenu.value, figureMenu.value];
    const value = valueOf(number, method, figure);
    if (value === null) return Infinity;
    if (data.nearOne.includes(figure)) return value > 0 ? Math.abs(Math.log(value)) : Infinity;
    if (data.higherIsBetter.includes(figure)) return -value;
    const reference = valueOf(number, data.reference, figure);
    if (!asRatio.checked || method === data.reference || reference === null) return value;
    return value === 0 ? 0 : value / reference;
  }

  function sort() {
    const articles = [...list.children];
    const rank = new Map(articles.map((article) => [article, badness(article.dataset.number)]));
    articles.sort((a, b) => rank.get(b) - rank.get(a) || a.dataset.number - b.dataset.number);
    list.append(...articles);
  }

  figureMenu.append(...figures.map((name) => new Option(name)));
  methodMenu.append(...data.methods.map((name) => new Option(name)));
  figureMenu.value = data.judgedBy;
  for (const control of [figureMenu, methodMenu, asRatio]) control.addEventListener("change", sort);

  const zoom = document.getElementById("zoom");
  list.addEventListener("click", (event) => {
    if (event.target.tagName !== "IMG") return;
    const image = zoom.querySelector("img");
    image.src = event.target.src;
    image.classList.toggle("checkerboard", event.target.dataset.layer === "foregrounds");
    zoom.querySelector("p").textContent = event.target.alt;
    zoom.showModal();
  });
  zoom.addEventListener("click", () => zoom.close());
}
