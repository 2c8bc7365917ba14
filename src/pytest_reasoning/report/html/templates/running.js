// The page of a run that goes on loads itself again, unless that would take away what somebody looks at.
const AGAIN_MS = 10000;
setInterval(() => {
  const atRest = !byId("overview").hidden && !heat.querySelector("[aria-sort]") && !String(getSelection());
  if (atRest && document.visibilityState === "visible") location.reload();
}, AGAIN_MS);
