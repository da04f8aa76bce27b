"""The names of the files in a data set of reviewed cases. Training reads the same names.

DATASET/
  cases/<case>/        the newest revision of each case
    image.nii.gz       the image, as it was reviewed
    labels.nii.gz      uint8 labels on the image's grid
    vertebrae.nii.gz   uint8 numbers of all vertebral bodies on the same grid, where the task gave them
    review.json        the verdict, the reviewer's changes, boxes and findings
    case.json          where it came from
  revisions/<case>/<number>/   the older ones, without the image, which never changes
  withdrawn/<case>/<number>/   cases that were taken out again, counted from 1
  .orthoai.lock                empty; whoever moves a case holds a lock on it meanwhile
"""

from __future__ import annotations

IMAGE_FILE = "image.nii.gz"
LABELS_FILE = "labels.nii.gz"
VERTEBRAE_FILE = "vertebrae.nii.gz"
REVIEW_FILE = "review.json"

META_FILE = "case.json"
"""Says where a case comes from. Simulated cases have one as well, with other keys."""

TASK_KEY = "task"
"""Key of case.json: the task whose labels the case has."""

GROUP_KEY = "group"
"""Key of case.json: the subject. Cases of one group stay on one side of a split."""

IMAGE_KEY = "input_sha256"
"""Key of case.json: the image that was reviewed."""

REVISION_KEY = "revision"
"""Key of case.json: how often the case was reviewed by then."""

CASES_FOLDER = "cases"
REVISIONS_FOLDER = "revisions"
WITHDRAWN_FOLDER = "withdrawn"
LOCK_FILE = ".orthoai.lock"
