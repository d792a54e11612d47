/** What a user of Redis must be allowed, for the default prefix; docs/sharing.md says it in the same words. */
export const USER = 'breaker'
export const PASSWORD = 'hunter2'
export const COMMANDS = '+evalsha +eval +time +hmget +hset +pexpire +publish +subscribe +ping'
export const RULE = `on >${PASSWORD} resetchannels &axios-breaker/events ~axios-breaker/* -@all ${COMMANDS}`
