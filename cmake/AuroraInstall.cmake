file(WRITE ${PROJECT_BINARY_DIR}/.install-later "")
