/**
 * The file of --admission-control-config-file: what plugins are configured with.
 *
 *   AC1  A plugin's configuration stands in the file, or in another one whose path is relative to it.
 *   AC2  Names of unknown plugins, and two entries for one, are refused.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'

export interface AdmissionConfiguration {
  /** undefined when there is none for the plugin. */
  of(plugin: string): unknown
  /** Where relative paths inside a configuration start. */
  readonly folder: string
  readonly names: readonly string[]
}

export const noConfiguration: AdmissionConfiguration = { of: () => undefined, folder: '.', names: [] }

const versions = ['apiserver.config.k8s.io/v1', 'apiserver.k8s.io/v1alpha1']

export function readAdmissionConfiguration(file: string): AdmissionConfiguration {
  const config = readYaml(file)
  if (textAt(config, 'kind') !== 'AdmissionConfiguration' || !versions.includes(textAt(config, 'apiVersion'))) throw new Error(`${file}: must be AdmissionConfiguration of ${versions[0]!}`)
  const found = new Map<string, unknown>()
  for (const plugin of listAt(config, 'plugins')) {
    const name = textAt(plugin, 'name')
    if (name === '') throw new Error(`${file}: a plugin without a name`)
    if (found.has(name)) throw new Error(`${file}: plugin ${JSON.stringify(name)} is configured twice`) // AC2
    const inline = fieldAt(plugin, 'configuration')
    const path = textAt(plugin, 'path')
    found.set(name, isFields(inline) ? inline : path === '' ? undefined : readYaml(resolve(dirname(file), path))) // AC1
  }
  return { of: name => found.get(name), folder: dirname(file), names: [...found.keys()] }
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
