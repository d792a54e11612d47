/**
 * The formats of what outlives a release: messages, and what the key of a circuit holds. A release that
 * adds fields keeps the number, and an older release does not look at them. A release that changes what
 * a field means raises it, and an older release then knows that it cannot read the rest.
 */
export const MESSAGE_FORMAT = 2
export const HASH_FORMAT = 2
