/**
 * The formats of the data that outlives a release: messages, the hash of each circuit, and the list of
 * forced circuits. A release that adds fields keeps the number, and older releases ignore them. A release
 * that changes what a field means raises the number, so that older releases know that they cannot read the
 * rest.
 */
export const MESSAGE_FORMAT = 2
export const HASH_FORMAT = 2
export const FORCES_FORMAT = 1
