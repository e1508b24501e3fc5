/** What each table of `csvTables` holds, for the page's list of files and for READMEs: a row, and where it is not plain, its columns. */
export const CSV_ABOUT: Readonly<Record<string, string>> = {
  "curves.csv": "CD curves: Control and Disentanglement at each edit length, with their bands",
  "other-attributes.csv": "Disentanglement of each other attribute by itself",
  "areas.csv": "areas under the CD curves over the common Control range, with intervals, and how far each method gets",
  "paired.csv": "every two methods compared on the same starts: a minus b",
  "probes.csv": "held-out accuracy of a linear and a nonlinear probe",
  "flips.csv": "starts by the edit length at which the attribute first changes",
  "straightness.csv": "chord over arc of each path; 1 is a straight line",
  "entropy.csv": "singular entropy of each flow's matrix",
  "spectrum.csv": "eigenvalues of each flow's matrix",
  "training.csv": "losses and accuracy over the iterations",
  "codes.csv": "sampled codes in each class",
  "association.csv": "Cramér's V of every pair of attributes",
  "no-results.csv": "methods without a result, and why: no starts, no direction",
  "timings.csv": "seconds and images of each job",
};
