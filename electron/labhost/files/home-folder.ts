import { resolve } from 'node:path'
import envPaths from 'env-paths'

/** $KUBARIUM_HOME, else the platform's folder for the data of programs. */
export function homeFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment['KUBARIUM_HOME']
  return given !== undefined && given !== '' ? resolve(given) : envPaths('kubarium', { suffix: '' }).data
}
