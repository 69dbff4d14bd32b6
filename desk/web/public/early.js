// SPDX-License-Identifier: Apache-2.0

// Asks for the trace of the address while the page's own scripts are still read; ask in
// src/api/client.ts takes the answer.
(() => {
  const id = /^\/trace\/([0-9a-f]+)$/.exec(location.pathname)?.[1];
  if (!id) return;
  let token = "";
  try {
    token = sessionStorage.getItem("sidetrace.token") ?? "";
  } catch {
    // Then none is kept.
  }
  const url = `/api/desk/v1/traces/${id}?format=columns`;
  const control = new AbortController();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = fetch(url, { headers, signal: control.signal });
  answer.catch(() => undefined); // whoever takes it is told
  window.early = { url, answer, control };
})();
