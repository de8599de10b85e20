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
"""Builds the package; setup.cfg holds what it is made of."""

import setuptools
from setuptools.command import build_py


class BuildWithoutTests(build_py.build_py):
    """Leaves the sibling `*_test.py` modules out of what is distributed.

    `find_packages(exclude=...)` drops packages only, never single modules.
    """

    def find_package_modules(self, package, package_dir):
        modules = super().find_package_modules(package, package_dir)
        return [
            (package, name, path)
            for package, name, path in modules
            if not name.endswith("_test")
        ]


setuptools.setup(cmdclass={"build_py": BuildWithoutTests})
