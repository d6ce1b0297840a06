/** The configuration file: YAML or JSON text -> SchedulerConfiguration, every problem with line and column. */
import { readFileSync } from 'node:fs'
import { UsageError } from '../../../runtime/index.ts'
import { readPlacedYaml } from '../../../wire/yaml/placed-yaml.ts'
import type { SchedulerConfiguration } from '../profile/configuration.ts'
import { readConfiguration } from '../profile/configuration.ts'

export function readConfigurationFile(path: string, knownPlugins: readonly string[]): SchedulerConfiguration {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--config: cannot read ${path}: ${(error as Error).message}`)
  }
  return readConfigurationText(text, path, knownPlugins)
}

export function readConfigurationText(text: string, fileName: string, knownPlugins: readonly string[]): SchedulerConfiguration {
  const file = readPlacedYaml(text, fileName)
  refuse(file.syntaxProblems)
  const { configuration, problems } = readConfiguration(file.value(), knownPlugins)
  refuse(problems.map(problem => `${file.place(problem.path, problem.aboutKey)}: ${problem.text}`))
  return configuration
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new UsageError(`--config: ${problems.join('; ')}`)
}
