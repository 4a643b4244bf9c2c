"""What the paper reports (LayeringDiff, arXiv 2501.01197), quoted to be shown beside our figures.

They are its authors', of their own pictures, prompts and networks: no figure of ours compares with
them, unless the same pictures were measured by the same networks.
"""

# By layer: FID, KID, CLIP score, FG-MIoU, of its own method on 572 triplets at 768².
TABLE_1 = {
    "foreground": {"fid": 133.76, "kid": 0.037, "clip": 28.86, "miou": 0.87},
    "background": {"fid": 138.45, "kid": 0.025, "clip": 26.72, "miou": 0.14},
    "composite": {"fid": 121.05, "kid": 0.014, "clip": 30.74},
}

# Mean and deviation of the same.
TABLE_2 = {
    "occupancy": (23.06, 17.50),
    "span": (69.50, 21.69),
    "centre_x": (49.07, 9.48),
    "centre_y": (49.18, 8.82),
}

# By method, then layer: MAD and MSE × 1000, SAD / 1000, LPIPS × 100, of 1,000 composites at 512².
# “Germer et al.” takes its alpha from ViTMatte; FBA's weights may not be used commercially, and
# nobody has measured it here.
TABLE_4 = {
    "Germer et al.": {
        "F": {"mad": 2.58, "mse": 0.32, "sad": 2.03, "lpips": 1.51},
        "B": {"mad": 48.83, "mse": 12.76, "sad": 38.40, "lpips": 28.73},
    },
    "Germer et al. + inpainting": {
        "F": {"mad": 2.58, "mse": 0.32, "sad": 2.03, "lpips": 1.51},
        "B": {"mad": 57.22, "mse": 19.74, "sad": 45.00, "lpips": 26.87},
    },
    "FBA": {
        "F": {"mad": 3.54, "mse": 0.94, "sad": 2.78, "lpips": 2.52},
        "B": {"mad": 44.91, "mse": 11.56, "sad": 35.32, "lpips": 28.32},
    },
    "FBA + inpainting": {
        "F": {"mad": 3.54, "mse": 0.94, "sad": 2.78, "lpips": 2.52},
        "B": {"mad": 57.34, "mse": 20.42, "sad": 45.10, "lpips": 25.90},
    },
    "LayeringDiff": {
        "F": {"mad": 2.10, "mse": 0.31, "sad": 1.65, "lpips": 1.33},
        "B": {"mad": 55.52, "mse": 17.52, "sad": 43.66, "lpips": 21.80},
    },
}
