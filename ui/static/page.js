/* The only script of the page. It runs once, in the bridge: clicks on the page's own buttons go up as 'say' (a turn) or
   'act' (a change), commands come down as the bridge's value. Nothing here ever turns text into markup. */

const byId = (id) => document.getElementById(id);
const busy = () => document.querySelector("#live [data-busy]") !== null;
const box = () => document.querySelector("#box textarea");
const TURNS = new Set(["say", "why", "similar", "compare", "tune", "answer"]);

const showPanel = (open) => {
  document.body.classList.toggle("panel-open", open);
  document.querySelector(".panel-toggle")?.setAttribute("aria-expanded", String(open));
  if (open) byId("profile")?.querySelector("button, summary")?.focus();
};

/* Cards that are picked to stand side by side, in the order of picking. */
let picked = [];
const MOST_PICKED = 4;
const showPicked = () => {
  for (const button of document.querySelectorAll("[data-pick]")) {
    const pressed = String(picked.includes(button.dataset.pick));
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
  const tray = byId("tray");
  if (!tray) return;
  tray.hidden = picked.length === 0;
  const text = tray.dataset[picked.length < 2 ? "one" : "many"].replace("{n}", picked.length);
  const said = tray.querySelector("[data-picked]");
  if (said.textContent !== text) said.textContent = text;
  tray.querySelector("[data-compare]").disabled = picked.length < 2;
};
const pick = (id) => {
  picked = picked.includes(id) ? picked.filter((other) => other !== id) : [...picked, id].slice(-MOST_PICKED);
  showPicked();
};

const THEMES = ["auto", "light", "dark"];
const theme = () => document.documentElement.dataset.theme;
const nextTheme = () => {
  document.documentElement.dataset.theme = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
  localStorage.setItem("sommelier-theme", theme());
  showTheme();
};
const showTheme = () => {
  const button = document.querySelector("[data-local=theme]");
  const label = button?.dataset[theme()];
  if (!button || button.title === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
};
const showLanguage = () => {
  const spoken = document.querySelector("#head [data-lang]")?.dataset.lang;
  if (spoken && document.documentElement.lang !== spoken) document.documentElement.lang = spoken;
};

const fill = (text) => {
  const area = box();
  if (!area || area.value) return;
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
};

const download = (name, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

const turn = (click, focused) => {
  if (busy()) return;
  comeBack = focused;
  showPanel(false);
  trigger("say", click);
};

/* What shows another conversation ends a running turn first: its pictures would come into the new one. */
const LEAVING = new Set(["open", "speak", "renew", "erase"]);
const leave = (click, tries = 40) => {
  picked = [];
  showPicked();
  if (!busy() || tries === 0) return trigger("act", click);
  if (tries === 40) byId("stop")?.click();
  setTimeout(() => leave(click, tries - 1), 50);
};

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tune]")) turn({ act: "tune", percent: Number(event.target.value) }, "#live [data-tune]");
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act], [data-local], [data-pick], [data-compare], [data-unpick]");
  if (!button) return;
  const focused = event.detail === 0 ? "#box textarea" : "";
  if (button.dataset.pick) return pick(button.dataset.pick);
  if ("unpick" in button.dataset) {
    picked = [];
    return showPicked();
  }
  if ("compare" in button.dataset) {
    turn({ act: "compare", items: picked }, focused);
    picked = [];
    return showPicked();
  }
  if (button.dataset.local === "theme") return nextTheme();
  if (button.dataset.local === "panel") {
    showPanel(!document.body.classList.contains("panel-open"));
    return;
  }
  const { act, text, item, id, verdict, polarity, hard, scope } = button.dataset;
  const call = button.dataset.call && JSON.parse(button.dataset.call);
  const click = { act, text, item, id, verdict, polarity, hard, scope, call };
  if (TURNS.has(act)) turn(click, focused);
  else if (LEAVING.has(act)) leave(click);
  else trigger("act", click);
});

document.addEventListener(
  "keydown",
  (event) => {
    // While characters are being composed, keys choose among them.
    if (event.isComposing) return event.key === "Enter" ? event.stopPropagation() : undefined;
    if (event.key === "Escape") {
      if (busy() && !document.body.classList.contains("panel-open")) byId("stop")?.click();
      showPanel(false);
    }
    const sends = event.key === "Enter" && !event.shiftKey && event.target === box();
    if (sends && (busy() || !event.target.value.trim())) {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);

/* The panel says which verdicts hold; every card on the page follows it. */
const followPanel = () => {
  const panel = document.querySelector("#profile [data-verdicts]");
  if (!panel) return;
  const verdicts = JSON.parse(panel.dataset.verdicts);
  for (const button of document.querySelectorAll("[data-verdict]")) {
    const pressed = String((verdicts[button.dataset.item] ?? []).includes(button.dataset.verdict));
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
  const count = document.querySelector("[data-count]");
  const known = panel.dataset.known === "0" ? "" : panel.dataset.known;
  if (count && count.textContent !== known) count.textContent = known;
};

/* Said to screen readers when a turn begins and when it ends, never word by word. An element of its own, because the
   exchange is replaced with every picture of it, and what is new is not announced as a change. */
const spoken = document.createElement("p");
spoken.id = "spoken";
spoken.className = "sr";
spoken.setAttribute("role", "status");
document.body.append(spoken);
const followSpeech = () => {
  const exchange = document.querySelector("#live .exchange");
  const part = exchange?.dataset.phase === "done" ? ".reply" : ".working";
  const text = exchange?.querySelector(part)?.textContent.trim();
  if (!text || spoken.textContent === text) return;
  spoken.lang = exchange.querySelector(".answer").lang;
  spoken.textContent = text;
};

/* A new turn starts at the top of the window, so that reading begins where it begins. */
let reading = null;
/* What has the focus after a turn whose button went away with the exchange it was in; '' after a click of the mouse. */
let comeBack = "";
document.addEventListener("pointerdown", () => (comeBack = ""));
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const followTurn = () => {
  const said = document.querySelector("#live [data-busy] .said");
  const text = said ? said.textContent : null;
  if (said && text !== reading) said.scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
  // A quick turn is over before it was ever seen to run, so what counts is that the focus is gone and nothing runs.
  if (comeBack && !said && document.activeElement === document.body) {
    document.querySelector(comeBack)?.focus({ preventScroll: true });
    comeBack = "";
  }
  reading = text;
};

let pending = false;
new MutationObserver(() => {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    followPanel();
    followTurn();
    followSpeech();
    showPicked();
    showTheme();
    showLanguage();
  });
}).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-verdicts", "data-phase"] });

watch("value", () => {
  if (!props.value) return;
  const command = JSON.parse(props.value);
  if (command.todo === "fill") fill(command.text);
  if (command.todo === "download") download(command.name, command.text);
  if (command.todo === "latest") window.scrollTo(0, document.body.scrollHeight);
});
