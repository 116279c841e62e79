# SPDX-License-Identifier: MIT
from fasthdr._core cimport Head, MessageTable, RequestHead, ResponseHead, fh_table_t
from fasthdr._grammar cimport fh_row_t
