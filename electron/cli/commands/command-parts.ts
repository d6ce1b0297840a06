import { type Command, Option } from 'commander'
import { labDefaults } from '../../labhost/lab/lab-spec.ts'
import type { OutputForm } from '../output.ts'

export interface LabOptions {
  readonly name: string
  readonly output: OutputForm
}

export function withOutput(command: Command): Command {
  return command.addOption(new Option('-o, --output <form>', 'how to print the result').choices(['text', 'json']).default('text'))
}

/** A command about one lab. */
export function aboutLab(command: Command): Command {
  return withOutput(command.option('--name <lab>', 'name of the lab', labDefaults.name))
}
