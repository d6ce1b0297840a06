/** A Lab file: YAML text -> LabSpec, every problem with its line and column ("lab.yaml:7:14: spec.overlay: …"). */
import { readPlacedYaml } from '../../../agents/wire/yaml/placed-yaml.ts'
import type { LabSpec } from '../../contract/labs.ts'
import { LabError } from './lab-error.ts'
import { pathText } from '../documents/document-reading.ts'
import { readLab } from './lab-spec.ts'
import { type UsualCpus, cautiousCpus } from './usual-cpus.ts'

export function readLabFile(text: string, fileName: string, usualCpus: UsualCpus = cautiousCpus): LabSpec {
  const file = readPlacedYaml(text, fileName)
  if (file.syntaxProblems.length > 0) throw badFile(file.syntaxProblems)
  const { spec, problems } = readLab(file.value(), usualCpus)
  if (spec !== null) return spec
  throw badFile(problems.map(({ path, message, aboutKey }) => `${file.place(path, aboutKey === true)}: ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`))
}

function badFile(problems: readonly string[]): LabError {
  return new LabError('invalid-argument', problems.join('\n'))
}
