/** Words for types, fields and parameters, as build/api-descriptions.ts gathers them; a lab without them serves documents without words. */
export type ApiDescriptions = Readonly<Record<string, TypeDescription>>

export interface TypeDescription {
  readonly description?: string
  readonly fields?: Readonly<Record<string, string>>
}

export function describeType(descriptions: ApiDescriptions, type: string): string | undefined {
  return Object.hasOwn(descriptions, type) ? descriptions[type]!.description : undefined
}

export function describeField(descriptions: ApiDescriptions, type: string, field: string): string | undefined {
  const fields = Object.hasOwn(descriptions, type) ? descriptions[type]!.fields : undefined
  return fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined
}
