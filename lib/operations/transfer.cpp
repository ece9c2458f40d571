// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/operations/transfer.hpp>

namespace trivium {

template class transfer<memory_source>;
template class transfer<memory_sink>;
template class transfer<file_source>;
template class transfer<file_sink>;

}  // namespace trivium
