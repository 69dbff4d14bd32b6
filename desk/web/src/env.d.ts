// SPDX-License-Identifier: Apache-2.0

/** Whether the page is a file with one trace in it, which has no desk to ask. */
declare const __STANDALONE__: boolean;

/** What public/early.js has asked for. */
declare var early:
  | { readonly url: string; readonly answer: Promise<Response>; readonly control: AbortController }
  | undefined;
