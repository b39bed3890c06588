// Follows the overview, and keeps "ago" current. Everything else works without it.
"use strict";

const live = document.querySelector("[data-live]");
let source = null;

function distance(since) {
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} days`;
}

function age() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = `${distance(Date.parse(time.dateTime))} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}

// What is being read or used stays as it is: the place of the focus, and tables that were opened.
function replace(panel, html) {
  const focused = panel.contains(document.activeElement) ? document.activeElement : null;
  const href = focused && focused.getAttribute("href");
  const open = [...panel.querySelectorAll("details")].map((details) => details.open);
  const scrolled = [...panel.querySelectorAll(".scroll")].map((part) => part.scrollLeft);
  panel.innerHTML = html;
  panel.querySelectorAll("details").forEach((details, index) => { details.open = Boolean(open[index]); });
  panel.querySelectorAll(".scroll").forEach((part, index) => { part.scrollLeft = scrolled[index] || 0; });
  if (!focused) return;
  const again = href && [...panel.querySelectorAll("a")].find((link) => link.getAttribute("href") === href);
  (again || panel.querySelector("a, summary, [tabindex]") || document.getElementById("content")).focus({ preventScroll: true });
}

function show(event) {
  const { any, panels } = JSON.parse(event.data);
  for (const [id, html] of Object.entries(panels)) {
    const panel = document.getElementById(id);
    if (panel && panel.innerHTML !== html) replace(panel, html);
  }
  live.dataset.followed = "";
  if (any && "first" in live.dataset) arrived();
  age();
}

function arrived() {
  document.title = document.title.replace("First delivery", "It arrived");
  document.getElementById("waiting").hidden = true;
  document.getElementById("arrived").hidden = false;
}

function follow() {
  if (source || document.hidden) return;
  source = new EventSource(live.dataset.live);
  source.onmessage = show;
  source.onerror = () => {
    delete live.dataset.followed;
    // A browser gives up where it was refused, as when too many follow.
    if (source && source.readyState === EventSource.CLOSED) {
      leave();
      setTimeout(follow, 15000);
    }
  };
}

function leave() {
  if (source) source.close();
  source = null;
}

if (live) {
  follow();
  // A browser has few connections to one host: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", follow);
}
setInterval(age, 1000);
