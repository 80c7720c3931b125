// Shows each source as it is heard (server-sent events). Without it the page loads itself again.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-progress]");
  if (!place) return;
  const heard = new EventSource(place.dataset.progress);
  heard.addEventListener("source", (event) => {
    place.innerHTML = event.data;
  });
  heard.addEventListener("done", () => {
    heard.close();
    window.location.reload();
  });
});
