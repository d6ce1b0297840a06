/** What the API server answered, or undefined where the object is gone: healing has nothing left to do there. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 404) return undefined
    throw error
  }
}
