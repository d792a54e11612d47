/**
 * How runtimes say in a bare TypeError that the network failed, where adapters over `fetch` hand it
 * on as it is. Each begins as it is written there: the words of a rejected argument may hold a
 * host, or a header, of any name.
 */
const NETWORK_WORDS: readonly RegExp[] = [
  // Chrome, Edge, Node's undici, Expo.
  /^failed to fetch\b/i,
  /^fetch failed\b/i,
  /^network error\b/i,
  /^terminated$/i,
  /^other side closed$/i,
  // Firefox.
  /^NetworkError\b/i,
  // Safari, and whatever else stands on Apple's URL loading.
  /^load failed\b/i,
  /^the internet connection appears to be offline/i,
  /^the (?:network|socket) connection was (?:lost|closed|reset)/i,
  /^the request timed out/i,
  /^could not connect to the server/i,
  /^a server with the specified hostname could not be found/i,
  /^an ssl error has occurred/i,
  /^the certificate for this server/i,
  /^too many http redirects/i,
  // React Native, whatwg-fetch, Cloudflare Workers.
  /^network (?:request|connection|is|response)\b/i,
  /^internal error\b/i,
  // Deno.
  /^error (?:sending request|trying to connect|reading a body)\b/i,
  /^(?:client error|connection|connect|dns error|tcp connect error|tls|handshake)\b(?!.*header)/i,
  // Bun.
  /^unable to connect\b/i,
  /^failed to (?:open socket|connect)\b/i,
  /^was there a typo in the url or port/i,
]

export function saysNetworkFailed(message: string): boolean {
  return NETWORK_WORDS.some((words) => words.test(message))
}
