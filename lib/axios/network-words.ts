/**
 * Messages of the bare TypeErrors by which runtimes report a network failure, and which adapters over
 * `fetch` pass on. Each pattern matches the beginning of the message, because the message of a rejected
 * argument may contain any host or header.
 */
const NETWORK_WORDS = new RegExp(
  `^(?:${[
    // Chrome, Edge, Node's undici, Expo, and Bun.
    'failed to (fetch|open socket|connect)',
    'fetch failed',
    'terminated$',
    'other side closed',
    'unable to connect',
    'was there a typo in the url or port',
    // Firefox, React Native, whatwg-fetch, Cloudflare Workers.
    'network ?(error|request|connection|is|response)',
    'internal error',
    // Safari, and everything else that uses Apple's URL loading.
    'load failed',
    'the (internet connection appears|(network|socket) connection was|request timed|certificate for)',
    'could not connect to the server',
    'a server with the specified hostname',
    'an ssl error',
    'too many http redirects',
    // Deno.
    'error (sending request|trying to connect|reading a body)',
    '(client error|connection|connect|dns error|tcp connect error|tls|handshake)\\b(?!.*header)',
  ].join('|')})(?!\\w)`,
  'i',
)

export function saysNetworkFailed(message: string): boolean {
  return NETWORK_WORDS.test(message)
}
