import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { LabError } from './lab-error.ts'

/** The kubectl to use: $KUBARIUM_KUBECTL, else the first on the PATH. */
export function findKubectl(environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment['KUBARIUM_KUBECTL']
  if (given !== undefined && given !== '') return given
  const found = (environment['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'kubectl')).find(file => existsSync(file))
  if (found === undefined) throw new LabError('unavailable', 'kubectl was not found on the PATH. On Debian 13 or newer install it with: apt-get install kubernetes-client; or name one with KUBARIUM_KUBECTL')
  return found
}
