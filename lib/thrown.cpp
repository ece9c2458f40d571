// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <boost/system/system_error.hpp>
#include <new>
#include <system_error>
#include <trivium/detail/thrown.hpp>

#include "errno.hpp"

namespace trivium::detail {
namespace {

error_code error_of_current_exception() noexcept {
  try {
    throw;
  } catch (boost::system::system_error const& of) {
    return of.code();
  } catch (std::system_error const& of) {
    return error_code{of.code()};
  } catch (std::bad_alloc const&) {
    return kernels(ENOMEM);
  } catch (...) {
    return errc::function_threw;
  }
}

}  // namespace

void thrown::record() noexcept {
  exception = std::current_exception();
  error = error_of_current_exception();
  if (!error) error = errc::function_threw;  // a system_error without an error
}

}  // namespace trivium::detail
