#pragma once

#include <span>

#include <aurora/page.hpp>

/// The dashboard, as it was embedded when this program was built.
std::span<const aurora::page_file> embedded_page();
