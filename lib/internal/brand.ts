/**
 * Makes `instanceof` work across the ESM and CJS builds and across duplicate installs, each of which has
 * its own copy of the class. The symbol is registered globally, so all copies share it. A user's subclass
 * keeps the ordinary meaning of `instanceof`. This is a function and not a static block, because React
 * Native's Babel preset does not accept static blocks.
 */
export function brand(owner: { readonly prototype: object }, className: string): void {
  const mark = Symbol.for(`axios-breaker.${className}`)
  Object.defineProperty(owner.prototype, mark, { value: true })
  Object.defineProperty(owner, Symbol.hasInstance, {
    value(this: { readonly prototype: object }, value: unknown): boolean {
      if (typeof value !== 'object' || value === null) return false
      try {
        return this === owner
          ? mark in value
          : Object.prototype.isPrototypeOf.call(this.prototype, value)
      } catch {
        // A proxy that throws or was revoked is not one of our errors.
        return false
      }
    },
  })
}
