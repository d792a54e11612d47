/**
 * `instanceof` that holds across the ESM and the CJS build and across duplicate installs, where
 * each copy has classes of its own. The symbol is registered, so all copies share it.
 */
export function brandOf(className: string): symbol {
  return Symbol.for(`axios-breaker.${className}`)
}

/** For `Symbol.hasInstance`. A user's subclass keeps the ordinary meaning of `instanceof`. */
export function isBranded(
  brand: symbol,
  owner: { readonly prototype: object },
  asked: { readonly prototype: object },
  value: unknown,
): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    return asked === owner
      ? brand in value
      : Object.prototype.isPrototypeOf.call(asked.prototype, value)
  } catch {
    // A proxy that throws, or was revoked, is none of ours.
    return false
  }
}
