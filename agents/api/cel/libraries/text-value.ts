import { CelOpaque } from '../cel-value.ts'

/** A value that is wholly told by its canonical text. */
export abstract class TextValue extends CelOpaque {
  abstract readonly text: string

  override equals(other: CelOpaque): boolean {
    return other instanceof TextValue && other.typeName === this.typeName && other.text === this.text
  }
}
