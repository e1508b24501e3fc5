/** The 40 attributes of transient scenes (Laffont et al., 2014), in the order of `annotations.tsv`. The paper's code calls them "scenes". */
export const PLACES365: readonly string[] = [
  ...["dirty", "daylight", "night", "sunrisesunset", "dawndusk", "sunny", "clouds", "fog", "storm", "snow"],
  ...["warm", "cold", "busy", "beautiful", "flowers", "spring", "summer", "autumn", "winter", "glowing"],
  ...["colorful", "dull", "rugged", "midday", "dark", "bright", "dry", "moist", "windy", "rain"],
  ...["ice", "cluttered", "soothing", "stressful", "exciting", "sentimental", "mysterious", "boring", "gloomy", "lush"],
];
