/** "RWO,ROX": access modes in their short form, in the fixed order of upstream. */
const shortForms: readonly (readonly [string, string])[] = [['ReadWriteOnce', 'RWO'], ['ReadOnlyMany', 'ROX'], ['ReadWriteMany', 'RWX'], ['ReadWriteOncePod', 'RWOP']]

export function accessModesCell(modes: readonly string[] | undefined): string {
  return shortForms.filter(([mode]) => modes?.includes(mode) === true).map(([, text]) => text).join(',')
}
