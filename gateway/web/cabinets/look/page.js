// The few lines of our own: nothing here is needed, everything works without.
document.documentElement.classList.add("js-enabled");

document.addEventListener("DOMContentLoaded", () => {
  // What went wrong is read out first (GOV.UK Design System, error summary).
  const summary = document.querySelector(".govuk-error-summary, [data-focus]");
  if (summary) {
    summary.setAttribute("tabindex", "-1");
    summary.focus();
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});

// A second press on a slow line sends nothing twice; what the server remembers, it remembers by its own key.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  window.setTimeout(() => delete form.dataset.sent, 3000);
});
