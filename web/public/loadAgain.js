// A page whose own scripts or styles do not come loads itself anew as soon as the server answers: the network may have changed
// while a screen was waking up, and nobody touches it. It stands before them, and is no module, so that it is there in time.
(() => {
  const FIRST_MS = 2_000;
  const LONGEST_MS = 60_000;
  const WAITED = 'tongke.loadAgain';
  let failed = false;

  async function look(waitMs) {
    const answer = await fetch('/healthz', { method: 'HEAD', cache: 'no-store' }).catch(() => null);
    if (answer?.ok) location.reload();
    else setTimeout(look, waitMs, waitMs);
  }

  function missed({ target }) {
    const own =
      target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel === 'stylesheet');
    if (!own || failed) return;
    failed = true;
    const waitMs = Number(sessionStorage.getItem(WAITED)) || FIRST_MS;
    sessionStorage.setItem(WAITED, String(Math.min(LONGEST_MS, 2 * waitMs)));
    setTimeout(look, waitMs, waitMs);
  }

  addEventListener('error', missed, true); // what does not load tells nobody above it, but is seen on its way down
  addEventListener('load', () => {
    removeEventListener('error', missed, true); // what is fetched later, fonts say, is no reason to begin a lesson anew
    if (!failed) sessionStorage.removeItem(WAITED);
  });
})();
