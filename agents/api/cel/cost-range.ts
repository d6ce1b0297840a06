/** Ranges of sizes and costs: from the least to the most. Infinity stands for "nothing bounds it". */
export interface Range {
  readonly min: number
  readonly max: number
}

export const nothing: Range = { min: 0, max: 0 }
export const unknownSize: Range = { min: 0, max: Infinity }

export function exactly(amount: number): Range {
  return { min: amount, max: amount }
}

export function plus(a: Range, b: Range): Range {
  return { min: a.min + b.min, max: a.max + b.max }
}

export function times(a: Range, b: Range): Range {
  return { min: product(a.min, b.min), max: product(a.max, b.max) }
}

/** Times a factor, each end rounded up. */
export function scaled(range: Range, factor: number): Range {
  return { min: Math.ceil(product(range.min, factor)), max: Math.ceil(product(range.max, factor)) }
}

export function either(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
}

/** Nothing times endless is nothing. */
function product(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b
}
