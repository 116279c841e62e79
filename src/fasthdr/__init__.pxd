# SPDX-License-Identifier: MIT
from fasthdr._core.message cimport MessageTable
from fasthdr._core.walk cimport fh_row_t
from fasthdr._core.head cimport Head, RequestHead, ResponseHead
from fasthdr._core.table cimport fh_table_t
