/** The shipped codes are not stored: they are this many normal z of this seed, mapped by the generator. Their labels are stored. */
export const CODE_COUNT = 20_000;
export const CODE_SEED = 0;
