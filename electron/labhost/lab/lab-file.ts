/** A Lab file: YAML text -> LabSpec, every problem with its line and column ("lab.yaml:7:14: spec.overlay: …"): for the command line and the window alike. */
import { readPlacedYaml } from '../../../agents/wire/yaml/placed-yaml.ts'
import type { LabFileReading, LabSpec } from '../../contract/labs.ts'
import { LabError } from './lab-error.ts'
import { pathText } from '../documents/document-reading.ts'
import { readLab } from './lab-spec.ts'
import { type UsualCpus, cautiousCpus } from './usual-cpus.ts'

export function readLabText(text: string, usualCpus: UsualCpus = cautiousCpus): LabFileReading {
  const file = readPlacedYaml(text, '')
  if (file.syntaxErrors.length > 0) return { spec: null, problems: file.syntaxErrors.map(error => ({ path: [], ...error })) }
  const { spec, problems } = readLab(file.value(), usualCpus)
  return { spec, problems: problems.map(({ path, message, aboutKey }) => ({ path, ...file.placeAt(path, aboutKey === true), message })) }
}

export function readLabFile(text: string, fileName: string, usualCpus: UsualCpus = cautiousCpus): LabSpec {
  const { spec, problems } = readLabText(text, usualCpus)
  if (spec !== null) return spec
  throw badFile(problems.map(({ path, line, column, message }) => `${fileName}:${line}:${column}: ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`))
}

function badFile(problems: readonly string[]): LabError {
  return new LabError('invalid-argument', problems.join('\n'))
}
