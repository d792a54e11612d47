/** The permissions that a user of Redis needs, for the default prefix. docs/sharing.md has the same text. */
export const USER = 'breaker'
export const PASSWORD = 'hunter2'
export const COMMANDS = '+evalsha +eval +time +hmget +hset +pexpire +publish +subscribe +ping'
export const RULE = `on >${PASSWORD} resetchannels &axios-breaker/events ~axios-breaker/* -@all ${COMMANDS}`
