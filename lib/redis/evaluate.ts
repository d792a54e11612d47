/** Runs scripts through a client of the package redis. */
import { property } from '../internal/property.js'
import { kindOf, methodOf, type EvalOptions, type RedisClient } from './client.js'
import type { EvalCommand } from './line.js'

export async function evaluate(
  client: RedisClient,
  command: EvalCommand,
  script: string,
  options: EvalOptions,
): Promise<unknown> {
  const send = isBestSentRaw(client) ? methodOf(client, 'sendCommand') : undefined
  if (!send) return methodOf(client, command)?.(script, options)
  const { keys, arguments: args } = options
  const before = { cluster: [keys[0], false], sentinel: [false] }[kindOf(client) as string] ?? []
  return send(...before, [command.toUpperCase(), script, String(keys.length), ...keys, ...args])
}

/**
 * A client of redis 6 would add its `keyPrefix` to keys. A cluster of redis 4 would send scripts to a random
 * node, and stop after eight redirections to the right one: if it gets the key beside the command, it finds
 * that node at once.
 */
function isBestSentRaw(client: RedisClient): boolean {
  const isCluster4 = ['commandsExecutor', 'getSlotMaster'].every((name) => methodOf(client, name))
  return isCluster4 || Boolean(property(client, '_keyPrefix'))
}
