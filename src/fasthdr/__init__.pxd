# SPDX-License-Identifier: MIT
from fasthdr._core cimport MessageTable
from fasthdr._grammar cimport fh_row_t
from fasthdr._head cimport Head, RequestHead, ResponseHead
from fasthdr._table cimport fh_table_t
