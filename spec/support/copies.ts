/**
 * Loads modules anew, with all that they import: another copy of the package, as its other module format, another
 * install or a hot reload is one.
 */
export async function copyOf<Module>(load: () => Promise<Module>): Promise<Module> {
  const copies: Module[] = []
  await jest.isolateModulesAsync(async () => {
    copies.push(await load())
  })
  return copies[0] as Module
}
