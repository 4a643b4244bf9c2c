/* Which part of the page is seen: figures, pictures or the comparison, by the address's #. */
const data = JSON.parse(document.getElementById("data").textContent);

function showView() {
  const wanted = location.hash.slice(1);
  const target = document.getElementById(wanted);
  const view = target && target.closest(".view") ? target.closest(".view").id : "figures";
  document.body.dataset.view = view;
  for (const link of document.querySelectorAll("nav a")) {
    link.classList.toggle("here", link.hash === `#${view}`);
  }
  if (target && target.id !== view) target.scrollIntoView();
}

addEventListener("hashchange", showView);
showView();
