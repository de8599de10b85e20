# Copyright 2026 The tfk Authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     https://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""Boxes around things in images: formats, moves, overlap, regression targets.

A format says what the four numbers of a box are: `"xyxy"` (left, top, right,
bottom), `"yxyx"` (top, left, bottom, right), `"xywh"` (left, top, width,
height), `"center_xywh"` (the middle, then width and height) or
`"center_yxhw"`, in pixels. With `"rel_"` before it, as in `"rel_xyxy"`, they
are shares of the image's width and height.
"""

from tfk.utils.bounding_boxes.deltas import decode_deltas_to_boxes
from tfk.utils.bounding_boxes.deltas import encode_box_to_deltas
from tfk.utils.bounding_boxes.formats import convert_format
from tfk.utils.bounding_boxes.moves import affine_transform
from tfk.utils.bounding_boxes.moves import clip_to_image_size
from tfk.utils.bounding_boxes.moves import crop
from tfk.utils.bounding_boxes.moves import pad
from tfk.utils.bounding_boxes.overlap import compute_ciou
from tfk.utils.bounding_boxes.overlap import compute_iou

__all__ = [
    "affine_transform",
    "clip_to_image_size",
    "compute_ciou",
    "compute_iou",
    "convert_format",
    "crop",
    "decode_deltas_to_boxes",
    "encode_box_to_deltas",
    "pad",
]
