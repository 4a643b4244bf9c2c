"""What runs inside Krita: Qt and the krita API and the standard library, nothing else."""
